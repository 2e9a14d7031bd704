"""`make run`: the whole stack on this machine, from the real template, left running."""

import sys
import time

from stack import deploy, emulator, outputs, publish, scenario, time_lapse
from stack.api import UnexpectedAnswer
from stack.paths import ROOT, STACK_FILE


def main() -> int:
    began = time.monotonic()
    try:
        running = emulator.start()
        print(f"The emulator answers at {running.endpoint_url}", flush=True)
        stack = deploy.deploy(running)
        outputs.write(stack)
        print(f"The stack is up after {time.monotonic() - began:.0f} s", flush=True)
        publish.publish_all(stack)
        scenario.play(stack)
        time_lapse.play(stack)
    except (emulator.EmulatorError, deploy.DeploymentError, publish.ProgramRefused, UnexpectedAnswer) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"\nAPI   {stack['api_url']}")
    print(f"Keys  {STACK_FILE.relative_to(ROOT)}")
    print("Stop  make stop")
    return 0


if __name__ == "__main__":
    sys.exit(main())
