-- All that is stored of some documents beside their rows in documents. One statement is one round trip.
WITH without_embeddings AS (DELETE FROM embeddings WHERE document_number = ANY ($1)),
     without_relationships AS (DELETE FROM relationships WHERE document_number = ANY ($1)),
     without_duplicates AS (DELETE FROM document_duplicates WHERE document_number = ANY ($1)),
     without_dependencies AS (DELETE FROM document_dependencies WHERE document_number = ANY ($1))
DELETE FROM elements WHERE document_number = ANY ($1)
