#!/bin/sh
if [ "$1" = --list ]; then echo '{"web": ["o1", "o2", "o3"]}'; exit; fi
case "$2" in
  o1) echo '{"who": "first"}' ;;
  o2) echo '{}' ;;
esac
