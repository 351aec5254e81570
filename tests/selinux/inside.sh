# Runs in the guest, where /inside holds this, `cp` (ours) and what goes with it. As its first process it
# loads the policy; then, as an ordinary administrator, it copies the same with both tools, and what became
# of it goes to the second serial line, for the host to compare.
export LC_ALL=C PATH=/usr/sbin:/usr/bin

start() {
  mount -t selinuxfs none /sys/fs/selinux
  mount -o remount,rw /
  load_policy -i
  cd /etc/selinux/default/contexts/files
  setfiles -F file_contexts / || echo "setfiles: $?"
  # Each GNU cp -Z reads all of it again: only what is asked for here, or this takes an hour.
  rm -f ./*.bin
  grep -E '^/(etc|var/log|tmp|usr|home)(/\.\*|[[:space:]])' file_contexts > some
  cat some > file_contexts
  printf '/etc/w/log\t<<none>>\n' >> file_contexts
  : > file_contexts.homedirs
  runcon unconfined_u:unconfined_r:unconfined_t:s0-s0:c0.c1023 bash /inside/inside.sh all "$1" > /dev/ttyS1 2>&1
  echo o > /proc/sysrq-trigger
  sleep 60
}

# What is copied, and where it goes, once; each case gets copies of it.
template() {
  rm -rf $T
  mkdir -p $T/src/t/d $T/src/t/e $T/D/m/t/d $T/D/par
  cd $T/src
  for f in a b t/f t/d/g t/log; do echo $f > $f; done
  ln -s f t/l; mkfifo t/p; ln t/f t/f2; ln -s ../a t/up
  chcon -h system_u:object_r:bin_t:s0:c1 a t/f t/l t/d t/p
  cd $T/D
  echo there > there; echo x > m/t/f; ln -s there link; ln -s /nowhere/x dangling
  chcon system_u:object_r:usr_t:s0 .  # so that what inherits its type is told from what gets the policy's
  chcon system_u:object_r:shadow_t:s0:c3 there m/t m/t/f par
}

one() {
  local tool=$1; shift
  rm -rf $D $S; mkdir $D
  /usr/bin/cp -a $T/src $S; /usr/bin/cp -a $T/D/. $D; cd $S
  echo "=== $tool $D: cp $*"
  timeout 60 $tool "$@" > $W/out 2> $W/err < /dev/null
  echo "status $?"
  sed "s|^[/a-z]*/cp:|cp:|" $W/out $W/err | sort
  find $D -printf '%P %y %s %Z\n' | sort
}

# At $1, each of the `ways` with each of the `operands`.
matrix() {
  D=$1 T=$1.template S=/root/src W=/run/w
  mkdir -p $W; template
  for w in "${ways[@]}"; do for o in "${operands[@]}"; do
    for tool in /usr/bin/cp /inside/cp; do eval "one $tool $w $o"; done
  done; done
}

all() {
  setenforce $1; id -Z; getenforce
  ctx=--context=system_u:object_r:usr_t:s0
  ways=(-Z)
  operands=('a $D/new' 'a b $D' 'a $D/there' 'a ../..$D/link' '-r t $D/tree' '-r t $D/m' '--parents t/d/g $D'
    '--parents t/d/g $D/par' '-r t/p $D/q' '-r t/l $D/q' '-rL t $D/tl' 'a $D/dangling' '-rT t $D/par')
  matrix /var/log/w
  operands=('a $D/new' 'a $D/there' '-r t $D/m')
  ways=(-Z -aZ); matrix /tmp/w; matrix /home/u/w
  ways=(--context -aZ -a -pZ -bZ -sZ -lZ -lfZ "-Z --attributes-only" "-Z --remove-destination" --preserve=context
    "--preserve=all -Z" $ctx "--preserve=xattr -Z" "-Z --preserve=context" "-Z $ctx" "-a --attributes-only -Z" -nZ -vZ
    --context=junk)
  matrix /etc/w
  ways=(-Z); operands=('a t/log $D' 'a $D/link'); matrix /etc/w
  echo "=== end"
}

"$@"
