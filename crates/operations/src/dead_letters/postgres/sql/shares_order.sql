GROUP BY name
-- Hours in their order, the latest first; all else by number.
ORDER BY CASE WHEN $10 = 'hour' THEN min(letter.died_at) END DESC, letters DESC, name
LIMIT $11
