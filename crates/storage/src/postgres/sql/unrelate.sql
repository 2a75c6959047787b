-- What was found of documents before.
WITH without_duplicates AS (DELETE FROM document_duplicates WHERE document_number = ANY ($1))
DELETE FROM relationships WHERE document_number = ANY ($1) AND relationship_type = 'cross_document'
