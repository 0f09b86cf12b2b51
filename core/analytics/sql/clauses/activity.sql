-- Being active or not, as asked; what is NULL narrows nothing.
($active::BOOLEAN IS NULL OR is_active = $active)
