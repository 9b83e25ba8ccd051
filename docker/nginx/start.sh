#!/bin/sh
# Writes the origin into the configuration, then runs nginx.
set -eu

sed "s|@ORIGIN@|$VOLUNTEER_ORIGIN|" /usr/share/volunteer/volunteer.conf >/etc/nginx/conf.d/volunteer.conf
exec nginx -g 'daemon off;'
