"""Who the lead is and where it stands; knows nothing of clocks, channels or HTTP."""
