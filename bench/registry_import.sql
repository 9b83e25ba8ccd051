-- One roster through every rule.
\timing on
SELECT registry.begin_import('roster.csv', 1000) AS import_id \gset
\copy registry.import_line (line) FROM 'roster.csv' WITH (FORMAT csv, DELIMITER E'\x01', QUOTE E'\x02')
SELECT imported = total AS complete FROM registry.import_service_records(:import_id) \gset
\timing off
\if :complete
\else
    DO 'BEGIN RAISE ''The roster was not imported as a whole.''; END';
\endif
