"""Files and pictures: their routes, menus and making."""
