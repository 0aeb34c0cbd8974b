"""What may be written on a pony's card, and what is said when it may not."""

from typing import TYPE_CHECKING, ClassVar

from django import forms

from .models import Item

if TYPE_CHECKING:
    ItemModelForm = forms.ModelForm[Item]
else:
    # Django's own class takes no type parameter at run time.
    ItemModelForm = forms.ModelForm


class ItemForm(ItemModelForm):
    """The card of one pony. The page hands these sentences to its script, so that both sides say the same."""

    class Meta:
        model = Item
        fields = ("title", "notes", "status")
        # Names and notes run in the direction of their own script.
        widgets: ClassVar = {
            "title": forms.TextInput({"dir": "auto", "autofocus": True}),
            "notes": forms.Textarea({"dir": "auto"}),
        }
        error_messages: ClassVar = {
            "title": {"required": "Your pony needs a name."},
            "notes": {"required": "Do you know nothing about your pony?"},
        }
