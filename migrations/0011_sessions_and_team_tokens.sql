-- How the browser called itself that a session began with, cut short.
ALTER TABLE sessions ADD COLUMN agent TEXT;
