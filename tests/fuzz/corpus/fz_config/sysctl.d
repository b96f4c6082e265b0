Svm.min_free_kbytes=67584
vm.watermark_scale_factor=10
vm.lowmem_reserve_ratio=256 256 32 0 0
vm.percpu_pagelist_high_fraction=8
