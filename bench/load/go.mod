module cdktf-space-egress/bench/load

go 1.22
