#!version:1.0.0.1
[T46S]include:config "y000000000066.cfg"
overwrite_mode = 0
