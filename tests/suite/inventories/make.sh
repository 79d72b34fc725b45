#!/bin/sh
# Writes what Ansible makes of these inventories: `pip install ansible-core`, then run this here.
# expected.json is `ansible-inventory --list`, graph.txt is `--graph`, patterns.txt is `ansible --list-hosts`.
set -eu
cd "$(dirname "$0")"
export ANSIBLE_LOCALHOST_WARNING=false ANSIBLE_INVENTORY_UNPARSED_WARNING=false
make() { # case, playbook folder or -, inventories
  case=$1 play=$2; shift 2
  set -- $(for source in "$@"; do echo "-i $case/$source"; done)
  [ "$play" = - ] || set -- "$@" --playbook-dir "$case/$play"
  ansible-inventory "$@" --list 2>/dev/null > "$case/expected.json"
  ansible-inventory "$@" --graph 2>/dev/null > "$case/graph.txt"
}
make ini - hosts
make ini_types - hosts.ini
make ranges - hosts
make yaml - hosts.yml
make merge - one two.yml
make precedence - hosts
make dynamic - inv.sh
make dynamic_old - inv.sh
make folder - inv
make beside play inv/hosts
make nested - hosts
while IFS= read -r pattern; do
  hosts=$(ansible -i nested/hosts --list-hosts "$pattern" 2>/dev/null | tail -n +2 | tr -s ' \n' ' ') || hosts=' error'
  printf '%s =>%s\n' "$pattern" "${hosts% }"
done < patterns.in > patterns.txt
