SELECT parent_position, ordinal, depth, element_type, text, content_location, attributes::text AS attributes, content_digest
FROM elements
WHERE document_number = $1
ORDER BY position
