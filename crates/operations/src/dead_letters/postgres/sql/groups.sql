SELECT letter.fingerprint, letter.error_class, count(*) AS letters,
       (extract(epoch FROM min(letter.died_at)) * 1000)::bigint AS first_seen,
       (extract(epoch FROM max(letter.died_at)) * 1000)::bigint AS last_seen,
       max(letter.dead_letter_id) AS example_id, (sum(count(*)) OVER ())::bigint AS total
FROM dead_letter_queue letter
