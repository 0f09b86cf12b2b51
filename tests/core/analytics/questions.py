"""What several tests ask of PostgreSQL, or ask it in: the ranking, and time zones."""

BY_USER = (
    "SELECT row_number() OVER (ORDER BY count(*) DESC, u.id), u.id, email, full_name, is_active,"
    ' u.created_at, count(*) FROM "user" u JOIN item ON owner_id = u.id GROUP BY u.id ORDER BY 1'
)
ZONES = ["UTC", "America/St_Johns", "Asia/Kathmandu", "Europe/Berlin", "Pacific/Apia"]
