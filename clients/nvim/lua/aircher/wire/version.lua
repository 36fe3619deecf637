--- The version of aircher that these files belong to.
return "0.1.0"
