"""Speed, memory and accuracy of `lsebook` beside what else there is, measured in one run."""
