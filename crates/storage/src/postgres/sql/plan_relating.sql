-- Ranges of numbers with so many documents each whose relationships have to be found.
SELECT min(document_number), max(document_number)
FROM (
    SELECT document_number, (row_number() OVER (ORDER BY document_number) - 1) / $2 AS shard
    FROM documents
    WHERE outcome = 'stored' AND related_as IS DISTINCT FROM $1
) due
GROUP BY shard
ORDER BY shard
