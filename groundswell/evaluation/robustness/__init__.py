"""How far a model's labels hold when its texts are changed in ways that keep their meaning.

The flow: `guarded_words` finds the words of a text and those that must stay, `letters`, `characters_zh`, `layout` and
`wording` propose changes, `perturbations` lists them by name and makes as many as were asked for, `attack` searches for
the changes that hurt most, and `findings` puts intervals on what is left of the accuracy.
"""
