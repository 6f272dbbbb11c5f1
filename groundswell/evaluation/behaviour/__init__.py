"""What a model of polarity can and cannot do: behaviour tests in the manner of CheckList, and slices for bias.

Ribeiro et al. 2020, https://aclanthology.org/2020.acl-main.442. The cases are of this project, in `cases/`.
"""
