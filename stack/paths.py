"""Where things lie. Everything the machine makes goes under `.local/`, which git ignores."""

from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
LOCAL: Final = ROOT / ".local"

TEMPLATE: Final = ROOT / "template.yaml"
PROGRAMS: Final = ROOT / "programs"

DEVELOPMENT_ENVIRONMENT: Final = LOCAL / "venv"
SAM_ENVIRONMENT: Final = LOCAL / "sam-venv"
EMULATOR_ENVIRONMENT: Final = LOCAL / "emulator-venv"
UV_ENVIRONMENT: Final = LOCAL / "uv-venv"

BUILDS: Final = LOCAL / "build"
EMULATOR: Final = LOCAL / "emulator"
STACK_FILE: Final = LOCAL / "stack.json"
