"""An invented practice with eight invented vendors, told day by day through the same actions that people use."""
