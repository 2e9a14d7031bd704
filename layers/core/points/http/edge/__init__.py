"""What every request passes, whatever it asks for: gate, security, problems, cursors, the way answers leave."""
