SELECT coalesce(CASE $10::text
           WHEN 'class' THEN letter.error_class
           WHEN 'source' THEN letter.source_name
           WHEN 'format' THEN letter.format
           WHEN 'worker' THEN nullif(letter.worker_id, '')
           WHEN 'hour' THEN to_char(date_trunc('hour', letter.died_at AT TIME ZONE 'UTC'), 'YYYY-MM-DD"T"HH24":00Z"')
       END, 'unknown') AS name,
       count(*) AS letters,
       (extract(epoch FROM min(letter.died_at)) * 1000)::bigint AS first_seen,
       (extract(epoch FROM max(letter.died_at)) * 1000)::bigint AS last_seen,
       (sum(count(*)) OVER ())::bigint AS total
FROM dead_letter_queue letter
