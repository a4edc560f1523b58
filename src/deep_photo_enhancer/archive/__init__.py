"""Archives of millions of photos: folders and buckets, enhanced by the processes of a cluster; nothing lost, nothing made twice.

A photo goes listing -> naming -> planning -> work -> records. Only `cluster` knows Ray, only `places` and `listing` know fsspec.
"""
