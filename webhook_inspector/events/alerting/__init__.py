"""Alert rules: when something that deserves a word begins, and when it is over. Pure: facts and times come in."""
