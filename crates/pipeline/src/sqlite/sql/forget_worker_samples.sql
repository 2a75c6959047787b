DELETE FROM worker_samples WHERE minute < unixepoch() / 60 - 20
