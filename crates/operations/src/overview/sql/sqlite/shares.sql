SELECT source_name, format, outcome, sum(documents), sum(bytes), sum(elements)
FROM run_counters
WHERE run_id = ?1
GROUP BY source_name, format, outcome
