#!/usr/bin/env bash
# The fixtures here were made by ansible-core 2.19.4, with the passwords beside them:
#   ansible-vault encrypt --vault-password-file password vars.yml            (and canaries.yml)
#   ansible-vault encrypt --vault-id prod@other-password labelled.yml
#   ansible-vault encrypt_string --vault-password-file password --name inline_token 'inl{{ne}}-t0ken'
# This shows what they hold: make.sh FOLDER-OF-ANSIBLE
set -euo pipefail
cd "$(dirname "$0")"
for file in vars.yml canaries.yml; do "$1/ansible-vault" view --vault-password-file password "$file"; done
"$1/ansible-vault" view --vault-id prod@other-password labelled.yml
