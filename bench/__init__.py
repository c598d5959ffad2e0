"""How fast it is, on this machine, now: ``make bench``. Figures are medians, and stand beside a yardstick."""
