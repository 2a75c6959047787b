SELECT letter.fingerprint AS name, letter.error_class, count(*) AS letters, min(letter.died_at) AS first_seen,
       max(letter.died_at) AS last_seen, max(letter.dead_letter_id) AS example_id, sum(count(*)) OVER () AS total
FROM dead_letter_queue letter
