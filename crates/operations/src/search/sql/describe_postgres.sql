WITH RECURSIVE above (position, parent_position, element_type, text, level) AS (
    SELECT position, parent_position, element_type, text, 0
    FROM elements
    WHERE document_number = $1 AND position = $2
    UNION ALL
    SELECT e.position, e.parent_position, e.element_type, e.text, above.level + 1
    FROM above
    JOIN elements e ON e.document_number = $1 AND e.position = above.parent_position
)
SELECT d.doc_id, d.title,
       (SELECT coalesce(json_agg(text ORDER BY level DESC), '[]')::text FROM above
        WHERE level > 0 AND element_type IN ('heading', 'slide', 'sheet')),
       hit.element_type, hit.text
FROM above hit
JOIN documents d ON d.document_number = $1
WHERE hit.level = 0
