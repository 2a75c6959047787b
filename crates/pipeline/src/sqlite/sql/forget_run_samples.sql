DELETE FROM run_samples WHERE run_id = ?1 AND minute < unixepoch() / 60 - 120
