"""Files of any size in, files of records out: by rows that no kill loses or repeats, on one machine or on Ray."""
