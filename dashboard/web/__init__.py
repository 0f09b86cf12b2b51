"""HTTP: headers, hosts, errors, traces and HTML pages."""
