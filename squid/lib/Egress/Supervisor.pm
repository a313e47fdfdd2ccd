package Egress::Supervisor;

# Runs squid as a child for as long as the platform wants it: reaps what ends, turns the platform's signal into an
# orderly stop, and ends when squid does.

use v5.32;
use warnings;
use POSIX qw(:sys_wait_h dup2 setpgid);
use Time::HiRes qw(time);

# The platform takes an instance out of its DNS when it sends the signal, not before: clients go on arriving for a
# moment, and must be served.
use constant ACCEPT_SECONDS => 2;
# The platform kills after 10 s. Squid needs ACCEPT_SECONDS + shutdown_lifetime + 1.8 s.
use constant KILL_SECONDS => 9;

# Returns the exit status for the container: 0 only when squid ended in good order because it was told to.
sub run {
  my (@command) = @_;
  pipe my $wakeups, my $wake or die "cannot make a pipe: $!\n";
  $_->blocking(0) for $wakeups, $wake;
  my $signalled;
  local $SIG{CHLD} = sub { syswrite $wake, '.' };
  local $SIG{TERM} = local $SIG{INT} = sub { $signalled //= time; syswrite $wake, '.' };

  my $squid = start(@command);
  my $told;
  while (1) {
    my $status = reap($squid);
    return ended($status, $told) if defined $status;
    my $elapsed = defined $signalled ? time - $signalled : undef;
    if (defined $elapsed && !$told && $elapsed >= ACCEPT_SECONDS) {
      kill TERM => $squid;
      $told = 1;
    }
    kill KILL => $squid if defined $elapsed && $elapsed >= KILL_SECONDS;
    my $deadline = $told ? KILL_SECONDS : ACCEPT_SECONDS;
    my $readable = '';
    vec($readable, fileno $wakeups, 1) = 1;
    select $readable, undef, undef, defined $elapsed ? $deadline - $elapsed : undef;
    sysread $wakeups, my $drained, 4096;
  }
}

sub start {
  my (@command) = @_;
  my ($out, $error) = map { owned($_) } *STDOUT, *STDERR;
  my $child = fork // die "cannot start squid: $!\n";
  return $child if $child;
  # A group of its own: an interrupt from the terminal reaches the supervisor alone.
  setpgid(0, 0);
  dup2(fileno $out, 1);
  dup2(fileno $error, 2);
  exec { $command[0] } @command or die "cannot run $command[0]: $!\n";
}

# Squid opens its logs by name (/dev/stdout), which fails when a runtime made the pipe as root and runs the container as
# someone else. Then it gets a pipe of our own, and `cat` carries the lines over.
sub owned {
  my ($stream) = @_;
  return $stream if open my $again, '>>', '/proc/self/fd/' . fileno $stream;
  my $child = open(my $pipe, '|-') // die "cannot start a process for the log: $!\n";
  return $pipe if $child;
  setpgid(0, 0);
  dup2(fileno $stream, 1);
  exec 'cat' or die "cannot run cat: $!\n";
}

# Returns squid's wait status once it has ended. As the container's first process this one inherits others' children.
sub reap {
  my ($squid) = @_;
  my $status;
  while ((my $child = waitpid -1, WNOHANG) > 0) {
    $status = $? if $child == $squid;
  }
  return $status;
}

sub ended {
  my ($status, $told) = @_;
  return 0 if $told && $status == 0;
  my $how = WIFSIGNALED($status) ? 'by signal ' . WTERMSIG($status) : 'with status ' . WEXITSTATUS($status);
  print STDERR "egress-proxy: squid ended by itself or was killed, $how: its own messages are above\n";
  return WIFEXITED($status) && $status ? WEXITSTATUS($status) : 1;
}

1;
