"""Who the lead is and its state; knows nothing of clocks, channels or HTTP."""
