INSERT INTO document_dependencies (document_number, target_key, target_source, target_locator)
SELECT unnest($1::bigint[]), unnest($2::bytea[]), unnest($3::text[]), unnest($4::text[])
