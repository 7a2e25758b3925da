{ ... }: { time.timeZone = "UTC"; }
