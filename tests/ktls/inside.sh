# The first process in the guest: runs each test of the list, and what they say goes to the second serial line,
# for the host. The kernel itself asks modprobe for what TLS needs of its ciphers.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C SLUICE=/inside/sluice
b=/bin/busybox
$b mount -o remount,rw /
$b mount -t tmpfs tmp /tmp
$b mkdir -p /dev/shm
$b mount -t tmpfs shm /dev/shm
$b ip link set lo up
modprobe tls
# Buffers of a network that is far, so that answers wait for room in them.
echo 4096 131072 131072 > /proc/sys/net/ipv4/tcp_wmem
echo 4096 131072 131072 > /proc/sys/net/ipv4/tcp_rmem
{
  $b uname -a
  $b cat /proc/sys/net/ipv4/tcp_available_ulp
  while read -r t
  do
    echo "=== $t"
    if $b timeout 1500 python3 /inside/tests/tools/$t
    then echo "=== passed"
    else echo "=== failed: $?"
    fi
  done < /inside/tests/list
  $b dmesg | $b grep -iE 'warn|bug|oops|call trace' | $b head -20
  echo "=== end"
} > /dev/ttyS1 2>&1
echo o > /proc/sysrq-trigger
$b sleep 60
