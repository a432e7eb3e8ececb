rm -rf /data
