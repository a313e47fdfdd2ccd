package Egress::RuntimeFolder;

# The folder that squid.conf refers to: files that are created at start, and links to squid's package and this program,
# whose locations differ between an image and a buildpack's droplet. It is the only place that is writable in every
# container.

use v5.32;
use warnings;
use Egress::Pages;

use constant DIRECTORY => '/dev/shm/egress';

# `home` is this program's folder.
sub prepare {
  my ($home) = @_;
  my $root = package_root();
  make_folder(DIRECTORY);
  place_link($home, 'home');
  place_link("$root/usr/lib/squid", 'programs');
  place_link((grep { -x } map { "$_/usr/bin/mawk" } '', $root)[0] // die("cannot find mawk\n"), 'mawk');
  place_link($^X, 'perl');
  # Squid reads all pages from one folder. Some of ours have the name of one of its own.
  my %pages = Egress::Pages::html();
  make_folder(DIRECTORY . '/errors');
  for my $page (map { s{.*/}{}r } glob "$root/usr/share/squid/errors/templates/*") {
    place_link("$root/usr/share/squid/errors/templates/$page", "errors/$page") if !$pages{$page};
  }
  write_file("errors/$_", $pages{$_}) for keys %pages;
  return "$root/usr/sbin/squid";
}

# Cloud Foundry's apt buildpack unpacks packages below its own folder.
sub package_root {
  my @roots = ('', defined $ENV{DEPS_DIR} ? glob "$ENV{DEPS_DIR}/*/apt" : ());
  return (grep { -x "$_/usr/sbin/squid" } @roots)[0] // die "cannot find squid: is the package squid-openssl there?\n";
}

sub make_folder {
  my ($folder) = @_;
  -d $folder or mkdir $folder, 0700 or die "cannot make $folder: $!\n";
}

sub place_link {
  my ($target, $name) = @_;
  my $link = DIRECTORY . "/$name";
  unlink $link;
  symlink $target, $link or die "cannot make $link: $!\n";
}

# What the entrypoint becomes: a script of this folder with its arguments. The variables that have been read are none of its.
sub write_program {
  my (@words) = @_;
  write_file('variables', join "\n", (grep { /^EGRESS_[A-Za-z0-9_]+\z/ } sort keys %ENV), '');
  write_file('program', join "\n", @words, '');
}

sub write_file {
  my ($name, $text) = @_;
  my $file = DIRECTORY . "/$name";
  open my $handle, '>', $file or die "cannot write $file: $!\n";
  print {$handle} $text and close $handle or die "cannot write $file: $!\n";
}

1;
