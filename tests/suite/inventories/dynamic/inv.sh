#!/bin/sh
[ "$1" = --list ] || exit 9
cat <<'JSON'
{"web": {"hosts": ["d1", "d2"], "vars": {"x": "{{ not_a_template }}", "n": 3}, "children": ["sub"]},
 "sub": {"hosts": ["d3"]}, "bare": ["d4", "d1"], "lonely": {"k": "v"},
 "_meta": {"hostvars": {"d1": {"ansible_host": "10.0.0.1", "l": [1, null, true]}, "unknown": {"a": 1}, "d2": {"marked": {"__ansible_unsafe": "{{ x }}"}}}}}
JSON
