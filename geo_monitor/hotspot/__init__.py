"""Where there is more than chance would bring. Pure numbers: no store, no clock; what is random has a seed."""
