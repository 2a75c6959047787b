SELECT coalesce(CASE ?10
           WHEN 'class' THEN letter.error_class
           WHEN 'source' THEN letter.source_name
           WHEN 'format' THEN letter.format
           WHEN 'worker' THEN nullif(letter.worker_id, '')
           WHEN 'hour' THEN strftime('%Y-%m-%dT%H:00Z', letter.died_at / 1000, 'unixepoch')
       END, 'unknown') AS name,
       count(*) AS letters, min(letter.died_at) AS first_seen, max(letter.died_at) AS last_seen,
       sum(count(*)) OVER () AS total
FROM dead_letter_queue letter
