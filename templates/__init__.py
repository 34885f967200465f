"""Words: the templates of mails and pages, and their catalogs in other languages."""
