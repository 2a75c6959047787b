SELECT letter.dead_letter_id, letter.source_name, coalesce(letter.format, 'unknown')
FROM dead_letter_queue letter
