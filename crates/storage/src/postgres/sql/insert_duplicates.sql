INSERT INTO document_duplicates (document_number, duplicate_of, is_exact, share)
SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::boolean[], $4::real[])
