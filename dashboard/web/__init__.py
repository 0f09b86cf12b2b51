"""HTTP: headers, hosts, errors, traces and documents."""
