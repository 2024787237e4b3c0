"""``python -m geo_monitor``."""

from geo_monitor.cli import main

if __name__ == "__main__":
    main()
